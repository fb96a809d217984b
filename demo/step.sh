#!/usr/bin/env bash
# Runs one set-up step: says its name before, its time after, and its output only where it fails.
name=$1; shift
start=$(date +%s)
log=$(mktemp)
printf '  %-28s … ' "$name"
if "$@" >"$log" 2>&1; then
  printf 'done in %ss\n' $(( $(date +%s) - start ))
  rm -f "$log"
else
  status=$?
  printf 'FAILED\n'
  if grep -qi 'no space left' "$log"; then echo "The disk is full: free some space and run the command again."; fi
  cat "$log"; rm -f "$log"
  exit $status
fi
