/* QUIC: an Initial has to come in 1,200 bytes, as RFC 9000 demands, with sensible connection ids (1 where not). One
 * that shows the token passes (2); one without is asked for it in the layout of a Retry (3). A program cannot
 * compute the Retry's integrity tag (AES-GCM), so this is for clients of one's own that take a tag of zeros; for
 * others leave the challenge out and keep the limit. Packets with a short header belong to connections, which the
 * server knows. */
#include "flowprotect.h"

#define VERSION_1 1
#define VERSION_2 0x6b3343cf

struct retry {
    uint8_t first, version[4], destination_length, destination[8], source_length, source[8], token[16], tag[16];
};

uint64_t cf_ebpf_main(void *state) {
    struct fp_packet p;
    if (!fp_open(state, &p) || p.length < 21)
        return CF_EBPF_DROP;
    struct fp_cursor c = fp_cursor(&p);
    uint8_t first, destination, source;
    uint32_t version;
    uint64_t token;
    if (!fp_get_u8(&c, &first) || !(first & 0x80))
        return CF_EBPF_PASS;
    if (!fp_get_be32(&c, &version) || (version != VERSION_1 && version != VERSION_2))
        return fp_bucket_source(5, 10, 1) ? CF_EBPF_PASS : CF_EBPF_DROP;
    uint8_t kind = first >> 4 & 3;
    if (kind != (version == VERSION_1 ? 0 : 1))
        return CF_EBPF_PASS;
    if (!fp_get_u8(&c, &destination) || destination > 20 || !fp_skip(&c, destination) || !fp_get_u8(&c, &source) ||
        source > 20) {
        set_network_analytics_tag(1);
        return CF_EBPF_DROP;
    }
    uint64_t source_at = fp_offset(&c);
    if (!fp_skip(&c, source) || !fp_get_varint(&c, &token) || token > fp_rest(&c) || p.length < 1200) {
        set_network_analytics_tag(1);
        return CF_EBPF_DROP;
    }
    if (token == 16 && fp_cookie_check(&p, fp_offset(&c), 16, 10)) {
        set_network_analytics_tag(2);
        return CF_EBPF_PASS;
    }
    const uint8_t *id = fp_at(&p, source_at, 8);
    if (source != 8 || !id)
        return fp_bucket_source(5, 20, 1) ? CF_EBPF_PASS : CF_EBPF_DROP;
    struct fp_cookie cookie;
    fp_cookie_make(&p, 10, &cookie);
    struct retry retry;
    __builtin_memset(&retry, 0, sizeof(retry));
    retry.first = version == VERSION_1 ? 0xf0 : 0xc0;
    __builtin_memcpy(retry.version, p.payload + 1, 4);
    retry.destination_length = 8;
    __builtin_memcpy(retry.destination, id, 8);
    retry.source_length = 8;
    __builtin_memcpy(retry.source, cookie.bytes + 16, 8);
    __builtin_memcpy(retry.token, cookie.bytes, 16);
    set_challenge(&retry, sizeof(retry));
    set_network_analytics_tag(3);
    return CF_EBPF_DROP;
}
