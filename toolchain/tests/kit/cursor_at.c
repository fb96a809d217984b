/* Starts a cursor at the offset in the first byte. */
#include "flowprotect.h"

uint64_t cf_ebpf_main(void *state) {
    struct fp_packet p;
    if (!fp_open(state, &p))
        return CF_EBPF_DROP;
    struct fp_cursor c = fp_cursor_at(&p, fp_u8_at(&p, 0));
    uint8_t value;
    if (!fp_get_u8(&c, &value))
        return CF_EBPF_DROP;
    set_network_analytics_tag(value);
    return CF_EBPF_PASS;
}
