/* Reads every kind of number with the cursor. */
#include "flowprotect.h"

uint64_t cf_ebpf_main(void *state) {
    struct fp_packet p;
    if (!fp_open(state, &p))
        return CF_EBPF_DROP;
    struct fp_cursor c = fp_cursor(&p);
    uint8_t u8;
    uint16_t be16, le16;
    uint32_t be32, le32;
    uint64_t be64, le64;
    if (!fp_get_u8(&c, &u8) || !fp_get_be16(&c, &be16) || !fp_get_be32(&c, &be32) || !fp_get_be64(&c, &be64) ||
        !fp_get_le16(&c, &le16) || !fp_get_le32(&c, &le32) || !fp_get_le64(&c, &le64))
        return CF_EBPF_DROP;
    set_network_analytics_tag(u8 + be16 + be32 + be64 + le16 + le32 + le64 + fp_rest(&c));
    return CF_EBPF_PASS;
}
