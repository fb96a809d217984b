// expect: verify.loop 6
#define CF_EBPF_HELPER_V0
#include "cf_ebpf_helper.h"
#define HIDE(x) asm volatile("" : "+r"(x))
uint64_t cf_ebpf_main(void *s) {
s: goto s;
}
