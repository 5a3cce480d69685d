#!/usr/bin/env bash
# Makes the Python environments of the client tests: .build/python/NAME for each file NAME.txt in
# Tests/ClientTests/Scripts/requirements. One environment a library, since two of them share a package's name.
set -euo pipefail
root="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
for list in "$root"/Tests/ClientTests/Scripts/requirements/*.txt; do
    name="$(basename "$list" .txt)"
    folder="$root/.build/python/$name"
    cmp -s "$list" "$folder/installed.txt" && [ -x "$folder/bin/python3" ] && continue
    rm -rf "$folder"
    python3 -m venv "$folder"
    "$folder/bin/pip" install --quiet --disable-pip-version-check --no-deps --requirement "$list"
    cp "$list" "$folder/installed.txt"
done
