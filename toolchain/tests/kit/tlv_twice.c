/* Two walks, the second inside the value that the first found. */
#include "flowprotect.h"

uint64_t cf_ebpf_main(void *state) {
    struct fp_packet p;
    if (!fp_open(state, &p))
        return CF_EBPF_DROP;
    struct fp_cursor c = fp_cursor(&p);
    struct fp_tlv outer, inner;
    uint64_t value = 0;
    FP_FOR (i, 8) {
        if (!fp_get_tlv8(&c, &outer) || outer.type == 5)
            break;
    }
    struct fp_cursor d = fp_cursor_at(&p, outer.offset);
    FP_FOR (j, 8) {
        if (!fp_get_tlv8(&d, &inner))
            break;
        if (inner.type == 9)
            value = fp_be16_at(&p, inner.offset);
    }
    set_network_analytics_tag(value);
    return CF_EBPF_PASS;
}
