/* WireGuard: messages have a known type, three zero bytes and a size that goes with the type. Handshake initiations
 * cost the server a Curve25519 operation, so a source that is not verified may send one a second, three at once (1
 * where it sends more); whoever goes on to send data within the limits counts as verified for three minutes, the
 * time after which WireGuard makes new keys. The proof of the address itself stays with WireGuard's own cookie
 * (mac2). */
#include "flowprotect.h"

uint64_t cf_ebpf_main(void *state) {
    struct fp_packet p;
    if (!fp_open(state, &p) || fp_is_blocked())
        return CF_EBPF_DROP;
    uint32_t type = fp_le32_at(&p, 0);
    switch (type) {
    case 1:
        if (p.length != 148 || fp_le64_at(&p, 116) == 0)
            return CF_EBPF_DROP;
        if (fp_is_verified())
            return CF_EBPF_PASS;
        if (!fp_bucket_source(1, 3, 1)) {
            set_network_analytics_tag(1);
            return CF_EBPF_DROP;
        }
        fp_challenged_for(30);
        return CF_EBPF_PASS;
    case 2:
        return p.length == 92 ? CF_EBPF_PASS : CF_EBPF_DROP;
    case 3:
        return p.length == 64 ? CF_EBPF_PASS : CF_EBPF_DROP;
    case 4:
        if (p.length < 32 || p.length % 16 != 0)
            return CF_EBPF_DROP;
        if (fp_status() == CF_EBPF_SRC_IP_STATUS_CHALLENGED)
            fp_verify_for(180);
        return CF_EBPF_PASS;
    default:
        return CF_EBPF_DROP;
    }
}
