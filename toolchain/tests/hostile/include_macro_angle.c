// expect: preprocess.include 7
#define CF_EBPF_HELPER_V0
#include "cf_ebpf_helper.h"
#define OPEN <
#define NAME /etc/passwd
#define CLOSE >
#include OPEN NAME CLOSE
uint64_t cf_ebpf_main(void *state) { return CF_EBPF_PASS; }
