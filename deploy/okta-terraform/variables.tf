variable "label" {
  description = "Name of the app in Okta."
  type        = string
  default     = "Suger"
}

variable "app_id" {
  description = "Id of an app that exists already (0oa...). Empty: a SWA app is created here, and you turn SCIM on in the Admin Console."
  type        = string
  default     = ""
}

variable "sign_in_url" {
  description = "Suger's sign-in page, for the app that is created here."
  type        = string
  default     = "https://console.suger.cloud"
}

variable "provisioning_enabled" {
  description = "Set it to true once the SCIM connection of the app has been tested and saved in the Admin Console. Before that, Okta attributes have no namespace."
  type        = bool
  default     = false
}

variable "roles" {
  description = "Suger's roles, most powerful first, as the check command prints them: value of the role, and name of the Okta group that gives it."
  type        = list(object({ value = string, group = string }))

  default = [
    { value = "ADMIN", group = "Suger Admins" },
    { value = "EDITOR", group = "Suger Editors" },
    { value = "VIEWER", group = "Suger Viewers" },
  ]

  validation {
    condition     = length(distinct([for role in var.roles : lower(role.group)])) == length(var.roles)
    error_message = "Each role needs its own group."
  }
}

variable "pushed_groups" {
  description = "Pushed groups, by name: the Okta group's id. The name is that of a role, or one in GATEWAY_GROUP_ROLES. Not the groups that assign the app."
  type        = map(string)
  default     = {}
}
