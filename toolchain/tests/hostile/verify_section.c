// expect: load.maps *
#define CF_EBPF_HELPER_V0
#include "cf_ebpf_helper.h"
#define HIDE(x) asm volatile("" : "+r"(x))
__attribute__((section("maps"))) int m = 1;
uint64_t cf_ebpf_main(void *s) {
    return m & 1;
}
