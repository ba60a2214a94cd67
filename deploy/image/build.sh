#!/bin/sh
# Builds the server's image on a base image that is pinned by its digest: make image, or deploy/image/build.sh NAME.
# The digest is looked up now, since a tag may be another image tomorrow. build/image/ gets what the image is made of:
#   base            the base image with its digest, also for building the same again: BASE=... deploy/image/build.sh NAME
#   sbom.cdx.json   the Python packages (CycloneDX)
#   licences.txt    their licences with all texts
set -eu
name=${1:-echoes-of-the-ashes}
base=${BASE:-$(sed -n 's/^ARG BASE=//p' Dockerfile)}
case $base in
*@sha256:*) ;;
*)
    digest=$(docker buildx imagetools inspect "$base" --format '{{.Manifest.Digest}}')
    base=$base@$digest
    ;;
esac
if ! printf '%s\n' "$base" | grep -Eq '@sha256:[0-9a-f]{64}$'; then
    echo "no digest for the base image: $base. Docker must reach the registry; or set BASE to NAME:TAG@sha256:DIGEST" >&2
    exit 1
fi
docker build --build-arg "BASE=$base" --tag "$name" .
mkdir -p build/image
printf '%s\n' "$base" >build/image/base
for file in sbom.cdx.json licences.txt; do
    docker run --rm --entrypoint cat "$name" "/opt/echoes/share/echoes/$file" >"build/image/$file"
done
echo "$name is built on $base; build/image has its SBOM and licences"
