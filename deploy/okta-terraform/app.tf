# The app. Okta's API cannot turn on SCIM for a custom app, nor set its base
# URL and token: do that in the Admin Console, see docs/okta-private.md.
resource "okta_app_swa" "suger" {
  count = var.app_id == "" ? 1 : 0

  label          = var.label
  url            = var.sign_in_url
  username_field = "username"
  password_field = "password"
  hide_web       = true
  hide_ios       = true

  # Suger identifies people by e-mail address.
  user_name_template             = "$${source.email}"
  user_name_template_type        = "BUILT_IN"
  user_name_template_push_status = "PUSH"
}

locals {
  app_id = var.app_id == "" ? okta_app_swa.suger[0].id : var.app_id
}
