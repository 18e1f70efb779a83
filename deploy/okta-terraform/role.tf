# The role as an attribute that each assigning group sets. It is not mapped: a
# mapping would override the groups.
resource "okta_app_user_schema_property" "role" {
  count = var.provisioning_enabled ? 1 : 0

  app_id             = local.app_id
  index              = "sugerRole"
  title              = "Suger role"
  description        = "Role in Suger"
  type               = "string"
  master             = "PROFILE_MASTER"
  scope              = "NONE" # a group may set it
  required           = false
  external_name      = "role"
  external_namespace = "urn:ietf:params:scim:schemas:extension:suger:2.0:User"
  enum               = var.roles[*].value

  dynamic "one_of" {
    for_each = var.roles

    content {
      const = one_of.value.value
      title = one_of.value.value
    }
  }
}

# The other attributes to send. Suger has no fields for the rest of the default
# attributes; the gateway ignores them.
data "okta_user_profile_mapping_source" "user" {}

resource "okta_profile_mapping" "to_suger" {
  count = var.provisioning_enabled ? 1 : 0

  source_id          = data.okta_user_profile_mapping_source.user.id
  target_id          = local.app_id
  delete_when_absent = true

  dynamic "mappings" {
    for_each = {
      givenName  = "user.firstName"
      familyName = "user.lastName"
      email      = "user.email"
    }

    content {
      id          = mappings.key
      expression  = mappings.value
      push_status = "PUSH"
    }
  }
}
