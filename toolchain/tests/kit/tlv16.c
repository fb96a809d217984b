/* Walks up to 12 records to type 9, fp_get_tlv16. */
#include "flowprotect.h"

uint64_t cf_ebpf_main(void *state) {
    struct fp_packet p;
    if (!fp_open(state, &p))
        return CF_EBPF_DROP;
    struct fp_cursor c = fp_cursor(&p);
    struct fp_tlv tlv;
    uint64_t found = FP_NONE;
    FP_FOR (i, 12) {
        if (!fp_get_tlv16(&c, &tlv))
            break;
        if (tlv.type == 9) {
            found = tlv.offset;
            break;
        }
    }
    set_network_analytics_tag(found == FP_NONE ? found : tlv.length << 16 | found << 8 | fp_u8_at(&p, found));
    return CF_EBPF_PASS;
}
