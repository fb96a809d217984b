/* Adds up three LEB128 numbers. */
#include "flowprotect.h"

uint64_t cf_ebpf_main(void *state) {
    struct fp_packet p;
    if (!fp_open(state, &p))
        return CF_EBPF_DROP;
    struct fp_cursor c = fp_cursor(&p);
    uint64_t a, b, d;
    if (!fp_get_leb128(&c, &a) || !fp_get_leb128(&c, &b) || !fp_get_leb128(&c, &d))
        return CF_EBPF_DROP;
    set_network_analytics_tag(a + b + d);
    return CF_EBPF_PASS;
}
