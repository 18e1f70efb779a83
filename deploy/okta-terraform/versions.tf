# Written from the documentation of the provider's version 6, and never run
# against an Okta org; README.md lists what was checked.
terraform {
  required_version = ">= 1.5"

  required_providers {
    okta = {
      source  = "okta/okta"
      version = ">= 6.9, < 7.0" # okta_push_group was added in 2026
    }
  }
}

# Org and credentials: OKTA_ORG_NAME, OKTA_BASE_URL, OKTA_API_CLIENT_ID,
# OKTA_API_PRIVATE_KEY_ID, OKTA_API_PRIVATE_KEY and OKTA_API_SCOPES.
provider "okta" {}
