/* In front of a DNS server: passes only well-formed queries with one question, for 50 a second and source. Answers
 * (1), odd headers (2), names that are not whole (3) and the amplifiers' favourite, ANY (4), are dropped. */
#include "flowprotect.h"

#define ANY 255

uint64_t cf_ebpf_main(void *state) {
    struct fp_packet p;
    if (!fp_open(state, &p))
        return CF_EBPF_DROP;
    uint16_t flags = fp_be16_at(&p, 2);
    if (p.length < 17 || flags & 0x8000) {
        set_network_analytics_tag(1);
        return CF_EBPF_DROP;
    }
    /* Opcode 0; one question, no answers and authorities, at most two additional records (EDNS, TSIG). */
    if (flags & 0x7800 || fp_be64_at(&p, 4) >> 16 != 0x000100000000 || fp_be16_at(&p, 10) > 2) {
        set_network_analytics_tag(2);
        return CF_EBPF_DROP;
    }
    struct fp_cursor c = fp_cursor_at(&p, 12);
    uint8_t label = 0;
    FP_FOR (i, 24) {
        if (!fp_get_u8(&c, &label) || label == 0)
            break;
        if (label > 63 || !fp_skip(&c, label))
            break;
    }
    uint16_t type, class;
    if (label != 0 || fp_offset(&c) > 12 + 255 || !fp_get_be16(&c, &type) || !fp_get_be16(&c, &class)) {
        set_network_analytics_tag(3);
        return CF_EBPF_DROP;
    }
    if (type == ANY) {
        set_network_analytics_tag(4);
        return CF_EBPF_DROP;
    }
    return fp_bucket_source(50, 100, 1) ? CF_EBPF_PASS : CF_EBPF_DROP;
}
