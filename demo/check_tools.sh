#!/usr/bin/env bash
# One clear sentence for each tool that is missing; $1 is the Python to use.
missing=0
need() { command -v "$1" >/dev/null 2>&1 || { echo "FlowProtect needs $2, which was not found: $3" >&2; missing=1; }; }
need "$1" "Python 3.11" "install python3.11 or run make with PYTHON=/path/to/python3.11"
need cargo "Rust 1.95 or newer" "install it with rustup"
need node "Node.js 20 or newer" "install it from nodejs.org or your distribution"
need npm "npm" "it comes with Node.js"
need cc "a C linker (cc)" "install gcc or clang"
[ "$missing" = 0 ] && "$1" -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' 2>/dev/null || {
  [ "$missing" = 0 ] && echo "FlowProtect needs Python 3.11; $1 is $("$1" --version 2>&1)." >&2; exit 1; }
