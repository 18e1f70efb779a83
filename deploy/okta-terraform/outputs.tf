output "app_id" {
  description = "The app in Okta."
  value       = local.app_id
}

output "by_hand" {
  description = "What to do in the Admin Console."
  value = var.provisioning_enabled ? "Nothing." : join(" ", [
    "General, App Settings, Provisioning: SCIM.",
    "Provisioning, Integration: base URL, userName, actions, HTTP Header and token; test, save.",
    "Provisioning, To App: create, update and deactivate users.",
    "Then apply with provisioning_enabled = true.",
  ])
}
