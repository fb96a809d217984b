/* Moves the end of the packet. */
#define CF_EBPF_HELPER_V0
#include "cf_ebpf_helper.h"

uint64_t cf_ebpf_main(void *state) {
    struct cf_ebpf_generic_ctx *ctx = state;
    ctx->data_end = 0; // refused: verify.context
    return CF_EBPF_PASS;
}
