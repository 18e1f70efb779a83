# One group for each role. A person in two gets the role of the one that is
# first in var.roles.
resource "okta_group" "role" {
  for_each = { for role in var.roles : role.value => role.group }

  name        = each.value
  description = "Gives the role ${each.key} in Suger"
}

resource "okta_app_group_assignments" "roles" {
  count = var.provisioning_enabled ? 1 : 0

  app_id = local.app_id

  dynamic "group" {
    for_each = var.roles

    content {
      id       = okta_group.role[group.value.value].id
      priority = group.key
      profile  = jsonencode({ sugerRole = group.value.value })
    }
  }

  depends_on = [okta_app_user_schema_property.role]
}

# Group push. The target group is linked by name, and stays when the push ends:
# deleting it would delete a custom role, and is refused for a standard one.
resource "okta_push_group" "role" {
  for_each = var.provisioning_enabled ? var.pushed_groups : {}

  app_id                         = local.app_id
  source_group_id                = each.value
  target_group_name              = each.key
  status                         = "ACTIVE"
  delete_target_group_on_destroy = false

  depends_on = [okta_app_group_assignments.roles]
}
