/* Adds two pointers. */
#define CF_EBPF_HELPER_V0
#include "cf_ebpf_helper.h"

uint64_t cf_ebpf_main(void *state) {
    struct cf_ebpf_generic_ctx *ctx = state;
    uint64_t sum = ctx->data + ctx->data_end; // refused: verify.pointer_arithmetic
    return sum > 100;
}
