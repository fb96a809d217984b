/* In front of a host that keeps time and takes logs: NTP only as client and server speak it, in 48 bytes, or with an
 * authenticator (the commands "monlist" and "readvar" that amplify are modes 6 and 7: tag 1), syslog only with a
 * valid priority (2) and 100 KB a second and source (3). Other packets are dropped. */
#include "flowprotect.h"

FP_INLINE int is_priority(const struct fp_packet *p) {
    uint64_t value = 0, digits = 0;
    if (fp_u8_at(p, 0) != '<')
        return 0;
    FP_FOR (i, 4) {
        uint8_t sign = fp_u8_at(p, 1 + i);
        if (sign < '0' || sign > '9')
            break;
        value = value * 10 + (sign - '0');
        digits++;
    }
    return digits >= 1 && digits <= 3 && value <= 191 && fp_u8_at(p, digits + 1) == '>';
}

uint64_t cf_ebpf_main(void *state) {
    struct fp_packet p;
    if (!fp_open(state, &p))
        return CF_EBPF_DROP;
    uint16_t from = fp_source_port(&p), to = fp_destination_port(&p);
    if (to == 514) {
        if (!is_priority(&p)) {
            set_network_analytics_tag(2);
            return CF_EBPF_DROP;
        }
        if (!fp_bucket_source(100000, 200000, p.length)) {
            set_network_analytics_tag(3);
            return CF_EBPF_DROP;
        }
        return CF_EBPF_PASS;
    }
    if (from != 123 && to != 123)
        return CF_EBPF_DROP;
    uint8_t mode = fp_u8_at(&p, 0) & 7;
    if (mode < 1 || mode > 5 || (p.length != 48 && p.length != 68 && p.length != 72)) {
        set_network_analytics_tag(1);
        return CF_EBPF_DROP;
    }
    return CF_EBPF_PASS;
}
