/* Tests 4 bytes and reads 8, beyond the window that is always there. */
#define CF_EBPF_HELPER_V0
#include "cf_ebpf_helper.h"

uint64_t cf_ebpf_main(void *state) {
    struct cf_ebpf_generic_ctx *ctx = state;
    uint8_t *data = (uint8_t *)ctx->data;
    if (data + 4 > (uint8_t *)ctx->data_end)
        return CF_EBPF_DROP;
    return *(uint64_t *)data == 7; // refused: verify.packet_bounds
}
