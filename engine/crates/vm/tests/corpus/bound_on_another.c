/* Tests one pointer and reads through another. */
#define CF_EBPF_HELPER_V0
#include "cf_ebpf_helper.h"

uint64_t cf_ebpf_main(void *state) {
    struct cf_ebpf_generic_ctx *ctx = state;
    uint8_t *data = (uint8_t *)ctx->data, *end = (uint8_t *)ctx->data_end;
    uint64_t skip = rand() & 63;
    uint8_t *p = data + skip;
    if (data + 40 > end)
        return CF_EBPF_DROP;
    return p[4] == 7; // refused: verify.packet_bounds
}
