/* RTP and RTCP (RFC 3550) on one port: version 2, headers that fit into the packet, padding that does, and 1 MB a
 * second and flow (3). Tags: 1 RTP, 2 RTCP. STUN for the same port (first byte below 4) passes, 5 a second and
 * source. */
#include "flowprotect.h"

uint64_t cf_ebpf_main(void *state) {
    struct fp_packet p;
    if (!fp_open(state, &p))
        return CF_EBPF_DROP;
    uint8_t first = fp_u8_at(&p, 0), type = fp_u8_at(&p, 1);
    if (p.length >= 20 && first < 4)
        return fp_be32_at(&p, 4) == 0x2112a442 && fp_bucket_source(5, 10, 1) ? CF_EBPF_PASS : CF_EBPF_DROP;
    if (p.length < 8 || first >> 6 != 2)
        return CF_EBPF_DROP;
    if (type >= 192 && type <= 223) {
        /* The first of several RTCP packets in one: its length counts words of four bytes, less one. */
        if (p.length < 4 + 4 * (uint64_t)fp_be16_at(&p, 2) || p.length % 4 != 0)
            return CF_EBPF_DROP;
        set_network_analytics_tag(2);
        return CF_EBPF_PASS;
    }
    uint64_t header = 12 + 4 * (uint64_t)(first & 15);
    if (first & 0x10) {
        if (!fp_has(&p, header, 4))
            return CF_EBPF_DROP;
        header += 4 + 4 * (uint64_t)fp_be16_at(&p, header + 2);
    }
    uint64_t padding = first & 0x20 ? fp_u8_at(&p, p.length - 1) : 0;
    if (header + padding > p.length || (first & 0x20 && padding == 0))
        return CF_EBPF_DROP;
    if (!fp_bucket_flow(1000000, 2000000, p.length)) {
        set_network_analytics_tag(3);
        return CF_EBPF_DROP;
    }
    set_network_analytics_tag(1);
    return CF_EBPF_PASS;
}
