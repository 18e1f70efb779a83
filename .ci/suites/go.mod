module suger-scim-gateway/ci/suites

go 1.26.8

require (
	github.com/google/go-github/v75 v75.0.0
	github.com/stretchr/testify v1.12.1
)

require (
	github.com/google/go-querystring v1.1.0 // indirect
	go.yaml.in/yaml/v3 v3.0.5 // indirect
)
