/* Calls five functions deep. */
#define CF_EBPF_HELPER_V0
#include "cf_ebpf_helper.h"
#define LEVEL(name, next) \
    static __attribute__((noinline)) uint64_t name(uint64_t n) { return next(n + rand()) + 1; }
static __attribute__((noinline)) uint64_t e(uint64_t n) { return n * 3; }
LEVEL(d, e)
LEVEL(c, d) // refused: verify.call_depth
LEVEL(b, c)
LEVEL(a, b)

uint64_t cf_ebpf_main(void *state) {
    return a(1) > 8;
}
