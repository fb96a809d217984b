// expect: any
#define CF_EBPF_HELPER_V0
#include "cf_ebpf_helper.h"
#define HIDE(x) asm volatile("" : "+r"(x))
uint64_t cf_ebpf_main(void *s) {
    uint64_t n = 0;
    for (uint64_t i0 = 0;; i0++) { HIDE(i0); if (i0 > 3) break;
    for (uint64_t i1 = 0;; i1++) { HIDE(i1); if (i1 > 3) break;
    for (uint64_t i2 = 0;; i2++) { HIDE(i2); if (i2 > 3) break;
    n++;
    }
    }
    }
    return n & 1;
}
