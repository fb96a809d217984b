/* Skips as many bytes as the first says, then reads two. */
#include "flowprotect.h"

uint64_t cf_ebpf_main(void *state) {
    struct fp_packet p;
    if (!fp_open(state, &p))
        return CF_EBPF_DROP;
    struct fp_cursor c = fp_cursor(&p);
    uint8_t n;
    uint16_t value;
    if (!fp_get_u8(&c, &n) || !fp_skip(&c, n) || !fp_get_be16(&c, &value))
        return CF_EBPF_DROP;
    set_network_analytics_tag((uint64_t)value << 32 | fp_offset(&c) << 16 | fp_rest(&c));
    return CF_EBPF_PASS;
}
