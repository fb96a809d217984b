// expect: any
#define CF_EBPF_HELPER_V0
#include "cf_ebpf_helper.h"
#define HIDE(x) asm volatile("" : "+r"(x))
static __thread uint64_t x;
uint64_t cf_ebpf_main(void *s) {
    return x++ & 1;
}
