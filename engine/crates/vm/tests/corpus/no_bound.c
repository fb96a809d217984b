/* Reads the packet without any test. */
#define CF_EBPF_HELPER_V0
#include "cf_ebpf_helper.h"

uint64_t cf_ebpf_main(void *state) {
    struct cf_ebpf_generic_ctx *ctx = state;
    uint8_t *data = (uint8_t *)ctx->data;
    return data[20] == 7; // refused: verify.packet_bounds
}
