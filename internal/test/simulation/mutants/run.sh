#!/bin/sh
# Takes one fix after the other out of the code, as the patches beside this file
# do, and looks whether the simulation finds that within 200 seeds of one shape.
# Run it from the root of the repository; names of patches as arguments are
# optional. It works on a copy and prints one line for each patch.
set -eu
root=$(pwd)
here=$root/internal/test/simulation/mutants
copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
seeds=${SEEDS:-200}
first=${FIRST:-1}
if [ $# -eq 0 ]; then
	set -- "$here"/*.patch
fi
for patch in "$@"; do
	name=$(basename "$patch" .patch)
	rm -rf "$copy/tree"
	mkdir "$copy/tree"
	tar -C "$root" --exclude=.git -cf - . | tar -C "$copy/tree" -xf -
	if ! (cd "$copy/tree" && patch -p1 -s -N --no-backup-if-mismatch <"$here/$name.patch"); then
		echo "$name: the patch does not fit any more"
		continue
	fi
	shapes=$(sed -n 's/^Shapes: //p' "$here/$name.patch")
	result="not found"
	for shape in $shapes; do
		if ! (cd "$copy/tree" && go test ./internal/test/simulation -run 'TestScenarios' -timeout 900s \
			-shape "$shape" -seed "$first" -seeds "$seeds" -shrink 3s) >"$copy/out" 2>&1; then
			result="$shape, $(grep -m1 -o 'seed [0-9]* breaks.*' "$copy/out" || head -c 300 "$copy/out")"
			cp "$copy/out" "${OUT:-/dev/null}" 2>/dev/null || true
			break
		fi
	done
	echo "$name: $result"
done
