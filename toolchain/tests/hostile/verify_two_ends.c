// expect: verify.loop 8
#define CF_EBPF_HELPER_V0
#include "cf_ebpf_helper.h"
#define HIDE(x) asm volatile("" : "+r"(x))
uint64_t cf_ebpf_main(void *s) {
    uint64_t x = rand();
    if (x == 3)
        for (;;)
            HIDE(x);
    return x & 1;
}
