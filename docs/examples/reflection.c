/* Drops what reflectors send to the victims of others, by port and content, and questions to one's own hosts that
 * would make reflectors of them. Tags: 1 memcached, 2 SSDP, 3 CLDAP, 4 chargen, QOTD and the like. All else passes. */
#include "flowprotect.h"

FP_INLINE uint64_t drop(uint64_t tag) {
    set_network_analytics_tag(tag);
    return CF_EBPF_DROP;
}

uint64_t cf_ebpf_main(void *state) {
    struct fp_packet p;
    if (!fp_open(state, &p))
        return CF_EBPF_DROP;
    uint16_t from = fp_source_port(&p), to = fp_destination_port(&p);
    /* memcached's UDP frame: request id, number, count, zero; then text. */
    if (from == 11211 || to == 11211)
        return drop(1);
    if (fp_be16_at(&p, 6) == 0 && (fp_literal_at(&p, 8, "VALUE ") || fp_literal_at(&p, 8, "STAT ")))
        return drop(1);
    if (fp_starts_with(&p, "M-SEARCH * HTTP/1.1") || fp_starts_with(&p, "NOTIFY * HTTP/1.1"))
        return drop(2);
    if (from == 1900 || (fp_starts_with(&p, "HTTP/1.1 200 OK") && fp_header(&p, "USN") != FP_NONE))
        return drop(2);
    if (from == 389)
        return drop(3);
    if (from == 19 || from == 17 || from == 69 || from == 111 || from == 137 || from == 161)
        return drop(4);
    return CF_EBPF_PASS;
}
