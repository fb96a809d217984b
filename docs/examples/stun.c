/* STUN (RFC 8489): the magic cookie, a length that fits the packet and whole attributes. Requests and indications
 * pass, 20 a second and source; tagged with the message type. Answers nobody asked for are dropped, as are packets
 * without the magic cookie (RFC 3489 of 2003). What is not STUN at all (media beside it) passes for 2 MB a second
 * and flow. */
#include "flowprotect.h"

uint64_t cf_ebpf_main(void *state) {
    struct fp_packet p;
    if (!fp_open(state, &p))
        return CF_EBPF_DROP;
    uint16_t type = fp_be16_at(&p, 0), length = fp_be16_at(&p, 2);
    if (fp_u8_at(&p, 0) > 3)
        return fp_bucket_flow(2000000, 4000000, p.length) ? CF_EBPF_PASS : CF_EBPF_DROP;
    if (p.length < 20 || length % 4 != 0 || p.length != 20 + (uint64_t)length || fp_be32_at(&p, 4) != 0x2112a442)
        return CF_EBPF_DROP;
    set_network_analytics_tag(type);
    if (type & 0x0100)
        return CF_EBPF_DROP;
    struct fp_cursor c = fp_cursor_at(&p, 20);
    struct fp_tlv attribute;
    FP_FOR (i, 16) {
        if (!fp_get_tlv16_pad4(&c, &attribute))
            break;
    }
    if (fp_rest(&c) != 0)
        return CF_EBPF_DROP;
    return fp_bucket_source(20, 40, 1) ? CF_EBPF_PASS : CF_EBPF_DROP;
}
