# The image is the binary and the certificate authorities, nothing else: no
# shell, no package manager, no writable path.
#
# For several platforms at once (Go compiles for all of them on this one, so no
# emulation is needed):
#   docker buildx build --platform linux/amd64,linux/arm64 -t NAME --push .
ARG GO_IMAGE=docker.io/library/golang:1.26.8-bookworm

FROM --platform=${BUILDPLATFORM} ${GO_IMAGE} AS build
# Where modules come from, for builds behind a proxy; the Go default if unset.
ARG GOPROXY
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
ARG TARGETOS
ARG TARGETARCH
ARG VERSION=devel
ARG COMMIT=unknown
# The same source, version, commit and Go give the same binary, bit for bit,
# wherever it is built: .ci/image compares.
RUN CGO_ENABLED=0 GOOS=${TARGETOS} GOARCH=${TARGETARCH} go build -trimpath -buildvcs=false \
    -ldflags "-s -w -X suger-scim-gateway/internal/cli.version=${VERSION} -X suger-scim-gateway/internal/cli.commit=${COMMIT}" \
    -o /out/suger-scim-gateway .

FROM scratch
ARG VERSION=devel
ARG COMMIT=unknown
LABEL org.opencontainers.image.title="suger-scim-gateway" \
      org.opencontainers.image.description="Okta and other SCIM 2.0 clients manage the users and roles of a Suger organization" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${COMMIT}"
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
COPY --from=build /out/suger-scim-gateway /suger-scim-gateway
USER 65532:65532
EXPOSE 8080
HEALTHCHECK --interval=30s --timeout=5s --start-period=5s --retries=3 CMD ["/suger-scim-gateway", "healthcheck"]
ENTRYPOINT ["/suger-scim-gateway"]
CMD ["serve"]
