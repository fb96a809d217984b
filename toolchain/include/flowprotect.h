/* FlowProtect's kit for program authors: small functions over cf_ebpf_helper.h that the verifier accepts.
 *
 * Optional, and one file: include it instead of cf_ebpf_helper.h. Nothing here is hidden: copy what you need.
 * "Portable" means that Cloudflare's verifier accepts what the function compiles to as well; everything here is.
 * "Cost" is BPF instructions in one use; arguments that are known when compiling make it less. Numbers read from a
 * packet are in the host's order, offsets count bytes from the start of the UDP payload, times are seconds. */
#ifndef FLOWPROTECT_H
#define FLOWPROTECT_H

#ifndef CF_EBPF_HELPER_V0
#define CF_EBPF_HELPER_V0
#endif
#include "cf_ebpf_helper.h"

/* Largest UDP payload in an IPv4 packet of 1,500 bytes. */
#define FP_MAX 1472
/* "Not found": an offset beyond every payload, so that reading there fails, too. */
#define FP_NONE 2047ull
/* A status that does not expire by itself (it is still collected when its source is silent for an hour). */
#define FP_FOREVER 0xffffffffffffffffull

#define FP_INLINE static inline __attribute__((always_inline, unused))

/* Hides from the optimiser what it knows of the variable `x`, so that a test after it stays where it is and the
 * verifier sees it. Portable. Cost 0. */
#define FP_HIDE(x) asm volatile("" : "+r"(x))

/* A loop of `n` rounds with the counter `i`, written out `n` times: verifies with any body, also nested. `n` is a
 * constant up to 32; keep the product of nested loops below that, too, as the verifier's time grows with the square of
 * the program's size. `break` and `continue` work. Portable. Cost: up to `n` times the body. */
#define FP_FOR(i, n) \
    _Pragma("clang loop unroll(full)") for (uint64_t i = 0 * sizeof(char[(n) <= 32 ? 1 : -1]); i < (n); i++)

/* A loop over the payload's bytes from offset `from` on: `at` is the offset, `byte` the value. One loop in the code,
 * however long the payload. The body may call anything but functions that loop themselves (fp_find, FP_BYTES …).
 * `break` and `continue` work. Portable. Cost 15, and 11 and the body a byte. */
#define FP_BYTES(p, from, at, byte) \
    _Pragma("clang loop unroll(disable)") for (uint64_t fp_o_ = fp_start_((p), (from)), at = 0, byte = 0; ({ \
        FP_HIDE(fp_o_); \
        int fp_more_ = fp_o_ < (p)->stop_; \
        if (fp_more_) { \
            FP_HIDE(fp_o_); \
            fp_more_ = fp_o_ < 1500; \
            if (fp_more_) { \
                byte = (p)->packet[fp_o_]; \
                at = fp_o_ - (p)->start_; \
            } \
        } \
        fp_more_; \
    }); fp_o_++)

/* Types for reads of packets and buffers, whatever they were declared as. */
typedef uint16_t __attribute__((may_alias)) fp_u16_;
typedef uint32_t __attribute__((may_alias)) fp_u32_;
typedef uint64_t __attribute__((may_alias)) fp_u64_;

/* --- Packets ----------------------------------------------------------------------------------------------------- */

/* A packet. `payload` is what UDP carries and `length` its bytes (0 to 1472); `packet` starts with the IP header. One
 * of `ipv4` and `ipv6` is null. Names with a trailing _ are the kit's own. */
struct fp_packet {
    const uint8_t *payload;
    uint64_t length;
    const uint8_t *packet;
    const struct iphdr *ipv4;
    const struct ipv6hdr *ipv6;
    const struct udphdr *udp;
    uint64_t start_, stop_;
};

/* Opens the packet of `state`, the argument of cf_ebpf_main. 1, or 0 where it is no whole UDP packet (drop it).
 * Portable. Cost 22. */
FP_INLINE int fp_open(void *state, struct fp_packet *p) {
    struct cf_ebpf_packet_data *data;
    struct cf_ebpf_parsed_headers headers;
    if (parse_packet_data((struct cf_ebpf_generic_ctx *)state, &data, &headers) != 0)
        return 0;
    p->packet = data->packet_buffer;
    p->payload = (const uint8_t *)(headers.udp + 1);
    uint64_t start = (uint64_t)(p->payload - p->packet), stop = (uint64_t)(headers.data_end - p->packet);
    /* Hidden, or clang would calculate with the pointers that these came from, which the verifier refuses. */
    FP_HIDE(start);
    FP_HIDE(stop);
    p->start_ = start;
    p->stop_ = stop;
    p->length = stop - start;
    p->ipv4 = headers.ipv4;
    p->ipv6 = headers.ipv6;
    p->udp = headers.udp;
    return 1;
}

/* Source and destination port. Portable. Cost 3. */
FP_INLINE uint16_t fp_source_port(const struct fp_packet *p) { return ntohs(p->udp->source); }
FP_INLINE uint16_t fp_destination_port(const struct fp_packet *p) { return ntohs(p->udp->dest); }

/* Where offset `off` is in `packet`; behind everything where it cannot be. */
FP_INLINE uint64_t fp_start_(const struct fp_packet *p, uint64_t off) {
    return off > FP_MAX ? FP_NONE : p->start_ + off;
}

/* --- Reads at an offset ------------------------------------------------------------------------------------------ */

/* The address of `n` bytes (a constant, 1 to 64) at offset `off`; null where they are not all inside the payload.
 * Portable. Cost 7. */
FP_INLINE const uint8_t *fp_at(const struct fp_packet *p, uint64_t off, uint64_t n) {
    if (off > FP_MAX - n)
        return NULL;
    uint64_t o = p->start_ + off;
    if (o + n > p->stop_)
        return NULL;
    FP_HIDE(o);
    return o > 1500 - n ? NULL : p->packet + o;
}

/* Whether the payload has `n` bytes at offset `off`. Portable. Cost 7. */
FP_INLINE int fp_has(const struct fp_packet *p, uint64_t off, uint64_t n) {
    return off <= p->length && n <= p->length - off;
}

/* The number at offset `off`: fp_u8_at one byte, fp_be16_at two in network order, fp_le16_at two in little-endian
 * order, and so on. 0 where it is not wholly inside the payload: ask fp_has() or `length` where that matters.
 * Portable. Cost 9, 10 where bytes are swapped. */
#define FP_READ_AT_(name, type, raw, convert) \
    FP_INLINE type name(const struct fp_packet *p, uint64_t off) { \
        const uint8_t *q = fp_at(p, off, sizeof(raw)); \
        return q ? (type)convert(*(const raw *)q) : 0; \
    }
FP_READ_AT_(fp_u8_at, uint8_t, uint8_t, )
FP_READ_AT_(fp_be16_at, uint16_t, fp_u16_, ntohs)
FP_READ_AT_(fp_be32_at, uint32_t, fp_u32_, ntohl)
FP_READ_AT_(fp_be64_at, uint64_t, fp_u64_, ntohll)
FP_READ_AT_(fp_le16_at, uint16_t, fp_u16_, )
FP_READ_AT_(fp_le32_at, uint32_t, fp_u32_, )
FP_READ_AT_(fp_le64_at, uint64_t, fp_u64_, )

/* --- Literals ---------------------------------------------------------------------------------------------------- */

/* Whether the `width` bytes at `q` are those of `literal`. With `fold`, letters match in both cases. */
FP_INLINE int fp_same_word_(const uint8_t *q, const char *literal, uint64_t width, int fold) {
    uint64_t want = 0, mask = 0;
    _Pragma("clang loop unroll(full)") for (uint64_t i = 0; i < width; i++) {
        uint8_t c = (uint8_t)literal[i], bit = fold && ((c | 32) >= 'a' && (c | 32) <= 'z') ? 32 : 0;
        want |= (uint64_t)(c | bit) << (8 * i);
        mask |= (uint64_t)bit << (8 * i);
    }
    uint64_t have = width == 8   ? *(const fp_u64_ *)q
                    : width == 4 ? *(const fp_u32_ *)q
                    : width == 2 ? *(const fp_u16_ *)q
                                 : *q;
    return (have | mask) == want;
}

/* The same for `n` bytes (a constant up to 32): eight at a time, and the rest. */
FP_INLINE int fp_same_literal_(const uint8_t *q, const char *literal, uint64_t n, int fold) {
    uint64_t words = n & ~7ull, four = words + (n & 4), two = four + (n & 2);
    return (n < 8 || fp_same_word_(q, literal, 8, fold)) && (n < 16 || fp_same_word_(q + 8, literal + 8, 8, fold)) &&
           (n < 24 || fp_same_word_(q + 16, literal + 16, 8, fold)) &&
           (n < 32 || fp_same_word_(q + 24, literal + 24, 8, fold)) &&
           (!(n & 4) || fp_same_word_(q + words, literal + words, 4, fold)) &&
           (!(n & 2) || fp_same_word_(q + four, literal + four, 2, fold)) &&
           (!(n & 1) || fp_same_word_(q + two, literal + two, 1, fold));
}

/* A literal as two arguments: itself and its length, which must be 1 to 32. */
#define FP_LITERAL_(literal) \
    ("" literal), (sizeof(literal) - 1 + 0 * sizeof(char[sizeof(literal) > 1 && sizeof(literal) <= 33 ? 1 : -1]))

FP_INLINE int fp_literal_at_(const struct fp_packet *p, uint64_t off, const char *literal, uint64_t n, int fold) {
    const uint8_t *q = fp_at(p, off, n);
    return q && fp_same_literal_(q, literal, n, fold);
}

/* Whether the payload has the string `literal` (1 to 32 characters) at its start, or at offset `off`; the forms with
 * `_any_case` take ASCII letters in both cases. Portable. Cost 10, and 3 for every 8 characters and for each of 4, 2
 * and 1 that are left. */
#define fp_starts_with(p, literal) fp_literal_at_((p), 0, FP_LITERAL_(literal), 0)
#define fp_literal_at(p, off, literal) fp_literal_at_((p), (off), FP_LITERAL_(literal), 0)
#define fp_literal_at_any_case(p, off, literal) fp_literal_at_((p), (off), FP_LITERAL_(literal), 1)

/* --- Searches ---------------------------------------------------------------------------------------------------- */
/* Leave where a search found nothing (`if (at == FP_NONE) return …`) before the next search. Three and more results that
 * are kept for later, found or not, can keep the verifier from a verdict; so can comparing two before a third. */

/* The offset of the first `byte` from offset `from` on, or FP_NONE. Portable. Cost 15, and 6 a byte looked at. */
FP_INLINE uint64_t fp_find(const struct fp_packet *p, uint64_t from, uint8_t byte) {
    if (from > FP_MAX)
        return FP_NONE;
    for (uint64_t o = p->start_ + from;; o++) {
        FP_HIDE(o);
        if (o >= p->stop_)
            return FP_NONE;
        FP_HIDE(o);
        if (o > 1499)
            return FP_NONE;
        if (p->packet[o] == byte) {
            FP_HIDE(o);
            /* The mask changes nothing but what the verifier remembers: how the result came about. */
            return (o - p->start_) & 2047;
        }
    }
}

FP_INLINE uint64_t fp_find_literal_(const struct fp_packet *p, uint64_t from, const char *literal, uint64_t n,
                                    int fold) {
    if (from > FP_MAX)
        return FP_NONE;
    for (uint64_t o = p->start_ + from;; o++) {
        FP_HIDE(o);
        if (o + n > p->stop_)
            return FP_NONE;
        FP_HIDE(o);
        if (o > 1500 - n)
            return FP_NONE;
        if (fp_same_literal_(p->packet + o, literal, n, fold)) {
            FP_HIDE(o);
            return (o - p->start_) & 2047;
        }
    }
}

/* The offset of the first `literal` (1 to 32 characters) from offset `from` on, or FP_NONE. Portable. Cost 21, and 9 a
 * byte looked at. */
#define fp_find_literal(p, from, literal) fp_find_literal_((p), (from), FP_LITERAL_(literal), 0)

/* The offset behind the colon of the header line `name` (a literal such as "Via", 1 to 30 characters, in any case) of a
 * text protocol with lines, as SIP, SSDP and RTSP have; FP_NONE where there is none. The first line is the request and
 * is not looked at. Portable. Cost 27, and 9 a byte looked at. */
#define fp_header(p, name) fp_header_((p), FP_LITERAL_("\n" name ":"))
FP_INLINE uint64_t fp_header_(const struct fp_packet *p, const char *literal, uint64_t n) {
    uint64_t found = fp_find_literal_(p, 0, literal, n, 1);
    return found == FP_NONE ? FP_NONE : found + n;
}

/* The offset of the next line after offset `from`, or FP_NONE: lines end with a line feed. Portable. Cost as
 * fp_find. */
FP_INLINE uint64_t fp_next_line(const struct fp_packet *p, uint64_t from) {
    uint64_t end = fp_find(p, from, '\n');
    return end == FP_NONE ? FP_NONE : end + 1;
}

/* --- The cursor -------------------------------------------------------------------------------------------------- */

/* Reads one field after the other. Each fp_get_* gives 1 and moves on, or gives 0 and stays where it was. */
struct fp_cursor {
    const uint8_t *packet_;
    uint64_t at_, stop_, start_;
};

/* A cursor at offset `off` of the payload; at its end where there is no such offset. Portable. Cost 6. */
FP_INLINE struct fp_cursor fp_cursor_at(const struct fp_packet *p, uint64_t off) {
    struct fp_cursor c = {p->packet, off > p->length ? p->stop_ : p->start_ + off, p->stop_, p->start_};
    return c;
}
FP_INLINE struct fp_cursor fp_cursor(const struct fp_packet *p) { return fp_cursor_at(p, 0); }

/* The bytes not yet read, and the offset of the next one. Portable. Cost 2. */
FP_INLINE uint64_t fp_rest(const struct fp_cursor *c) { return c->stop_ - c->at_; }
FP_INLINE uint64_t fp_offset(const struct fp_cursor *c) { return (c->at_ - c->start_) & 2047; }

/* Reads a number: u8, be16, be32, be64 (network order), le16, le32, le64. 1, or 0 where too few bytes are left.
 * Portable. Cost 7 to 14. */
#define FP_GET_(name, type, raw, convert) \
    FP_INLINE int name(struct fp_cursor *c, type *value) { \
        uint64_t o = c->at_; \
        if (o + sizeof(raw) > c->stop_) \
            return 0; \
        FP_HIDE(o); \
        if (o > 1500 - sizeof(raw)) \
            return 0; \
        *value = (type)convert(*(const raw *)(c->packet_ + o)); \
        c->at_ = o + sizeof(raw); \
        return 1; \
    }
FP_GET_(fp_get_u8, uint8_t, uint8_t, )
FP_GET_(fp_get_be16, uint16_t, fp_u16_, ntohs)
FP_GET_(fp_get_be32, uint32_t, fp_u32_, ntohl)
FP_GET_(fp_get_be64, uint64_t, fp_u64_, ntohll)
FP_GET_(fp_get_le16, uint16_t, fp_u16_, )
FP_GET_(fp_get_le32, uint32_t, fp_u32_, )
FP_GET_(fp_get_le64, uint64_t, fp_u64_, )

/* Moves on by `n` bytes. 1, or 0 where fewer are left. Portable. Cost 5. */
FP_INLINE int fp_skip(struct fp_cursor *c, uint64_t n) {
    uint64_t o = c->at_ + n;
    if (n > FP_MAX || o > c->stop_)
        return 0;
    FP_HIDE(o);
    if (o > 1500)
        return 0;
    c->at_ = o;
    return 1;
}

/* Reads a QUIC variable-length integer (RFC 9000, section 16: 1, 2, 4 or 8 bytes). 1, or 0 where it is cut.
 * Portable. Cost 55. */
FP_INLINE int fp_get_varint(struct fp_cursor *c, uint64_t *value) {
    struct fp_cursor first = *c;
    uint8_t one;
    uint16_t two;
    uint32_t four;
    if (!fp_get_u8(&first, &one))
        return 0;
    switch (one >> 6) {
    case 0:
        *value = one;
        *c = first;
        return 1;
    case 1:
        if (!fp_get_be16(c, &two))
            return 0;
        *value = two & 0x3fff;
        return 1;
    case 2:
        if (!fp_get_be32(c, &four))
            return 0;
        *value = four & 0x3fffffff;
        return 1;
    default:
        if (!fp_get_be64(c, value))
            return 0;
        *value &= 0x3fffffffffffffff;
        return 1;
    }
}

/* Reads an unsigned LEB128 number (protobuf, Minecraft, DWARF) of at most 64 bits. 1, or 0 where it is cut or longer
 * than 10 bytes. Portable. Cost 165. */
FP_INLINE int fp_get_leb128(struct fp_cursor *c, uint64_t *value) {
    uint64_t sum = 0;
    FP_FOR (i, 10) {
        uint8_t byte;
        if (!fp_get_u8(c, &byte))
            return 0;
        sum |= (uint64_t)(byte & 127) << (7 * i);
        if (byte < 128) {
            *value = sum;
            return 1;
        }
    }
    return 0;
}

/* A record of type, length and value: `offset` is where the value starts in the payload, `length` its bytes. */
struct fp_tlv {
    uint64_t type, length, offset;
};

/* Reads a record and moves behind it: fp_get_tlv8 has one byte each for type and length (DHCP, RADIUS without the
 * header's share), fp_get_tlv16 two each in network order, and fp_get_tlv16_pad4 pads the value to four bytes (STUN).
 * Call it in `FP_FOR (i, 16)`. 1, or 0 where nothing whole is left. Portable. Cost 29 to 34. */
FP_INLINE int fp_get_tlv8(struct fp_cursor *c, struct fp_tlv *tlv) {
    uint8_t type, length;
    if (!fp_get_u8(c, &type) || !fp_get_u8(c, &length))
        return 0;
    tlv->type = type;
    tlv->length = length;
    tlv->offset = fp_offset(c);
    return fp_skip(c, length);
}
FP_INLINE int fp_get_tlv16_(struct fp_cursor *c, struct fp_tlv *tlv, uint64_t round) {
    uint16_t type, length;
    if (!fp_get_be16(c, &type) || !fp_get_be16(c, &length))
        return 0;
    tlv->type = type;
    tlv->length = length;
    tlv->offset = fp_offset(c);
    return fp_skip(c, (length + round) & ~round);
}
FP_INLINE int fp_get_tlv16(struct fp_cursor *c, struct fp_tlv *tlv) { return fp_get_tlv16_(c, tlv, 0); }
FP_INLINE int fp_get_tlv16_pad4(struct fp_cursor *c, struct fp_tlv *tlv) { return fp_get_tlv16_(c, tlv, 3); }

/* --- Memory ------------------------------------------------------------------------------------------------------ */

FP_INLINE uint64_t fp_copy_(const struct fp_packet *p, uint64_t from, uint64_t n, uint8_t *to, uint64_t room) {
    uint64_t count = 0;
    __builtin_memset(to, 0, room);
    if (from > FP_MAX)
        return 0;
    uint64_t first = p->start_ + from;
    for (uint64_t o = first;; o++) {
        FP_HIDE(o);
        if (o >= p->stop_)
            break;
        FP_HIDE(o);
        if (o > 1499)
            break;
        uint64_t i = o - first;
        if (i >= n || i >= room)
            break;
        /* Hidden and masked: the verifier then knows the index by itself, not through `first`. */
        FP_HIDE(i);
        i &= 127;
        if (i > room - 1)
            break;
        to[i] = p->packet[o];
        count = i + 1;
    }
    return count & 127;
}

/* Copies `n` bytes at offset `off` into the array `to` of 1 to 64 bytes, or as many as the payload and the array have;
 * the rest of the array is zero. Gives the count. The array can then be hashed. Portable. Cost 26 and sizeof(to) / 8,
 * and 14 a byte. */
#define fp_copy(p, off, n, to) \
    ({ \
        _Static_assert(sizeof(to) <= 64 && sizeof((to)[0]) == 1, "fp_copy takes an array of up to 64 bytes"); \
        fp_copy_((p), (off), (n), (to), sizeof(to)); \
    })

/* Whether `n` bytes (a constant, 1 to 64) at `a` and `b` are the same, in a time that does not depend on where they
 * differ: for cookies and tokens. Portable. Cost 5 for every 8 bytes. */
FP_INLINE int fp_equal(const void *a, const void *b, uint64_t n) {
    const uint8_t *x = a, *y = b;
    uint64_t differ = 0, i = 0;
    _Pragma("clang loop unroll(full)") for (; i + 8 <= n; i += 8) differ |=
        *(const fp_u64_ *)(x + i) ^ *(const fp_u64_ *)(y + i);
    _Pragma("clang loop unroll(full)") for (; i < n; i++) differ |= x[i] ^ y[i];
    return differ == 0;
}

/* Whether the payload has the `n` bytes (a constant, 1 to 64) of `with` at offset `off`; as fp_equal. Portable. Cost 8,
 * and 5 for every 8 bytes. */
FP_INLINE int fp_equal_at(const struct fp_packet *p, uint64_t off, const void *with, uint64_t n) {
    const uint8_t *q = fp_at(p, off, n);
    return q && fp_equal(q, with, n);
}

/* --- Cookies ----------------------------------------------------------------------------------------------------- */

/* Proof that a source receives what is sent to its address: HMAC-SHA256, with the node's secret key, over its address,
 * its port and the current time slot. `bytes` may be cut; 8 are enough. */
struct fp_cookie {
    uint8_t bytes[32];
};

/* Makes the cookie of the packet's source that was current `ago` slots of `slot` seconds (a constant, at least 1) ago.
 * Portable. Cost 42, and one HMAC. */
FP_INLINE void fp_cookie_make_(const struct fp_packet *p, uint64_t slot, uint64_t ago, struct fp_cookie *cookie) {
    struct {
        uint32_t address[4];
        uint64_t port, slot;
    } text = {{0, 0, 0, 0}, p->udp->source, (uint64_t)timestamp() / (slot ? slot : 1) - ago};
    if (p->ipv4) {
        text.address[0] = p->ipv4->saddr;
    } else {
        const fp_u32_ *address = (const fp_u32_ *)(p->packet + 8);
        _Pragma("clang loop unroll(full)") for (int i = 0; i < 4; i++) text.address[i] = address[i];
    }
    __builtin_memset(cookie, 0, sizeof(*cookie));
    hmac_sha256(&text, sizeof(text), cookie, sizeof(*cookie));
}

/* Makes the cookie to send to the packet's source: put it into a challenge. It is valid for `slot` to twice `slot`
 * seconds. Portable. Cost 42, and one HMAC. */
FP_INLINE void fp_cookie_make(const struct fp_packet *p, uint64_t slot, struct fp_cookie *cookie) {
    fp_cookie_make_(p, slot, 0, cookie);
}

/* Whether the payload has the first `n` bytes (a constant, 8 to 32; 4 where the protocol has no room for more) of the
 * source's cookie at offset `off`: the one of the current slot of `slot` seconds, or of the one before. Portable.
 * Cost 117, and one or two HMACs: look at what is cheaper first. */
FP_INLINE int fp_cookie_check(const struct fp_packet *p, uint64_t off, uint64_t n, uint64_t slot) {
    struct fp_cookie cookie;
    fp_cookie_make_(p, slot, 0, &cookie);
    if (fp_equal_at(p, off, &cookie, n))
        return 1;
    fp_cookie_make_(p, slot, 1, &cookie);
    return fp_equal_at(p, off, &cookie, n);
}

/* --- The source's status ----------------------------------------------------------------------------------------- */

/* The source's status now; CF_EBPF_SRC_IP_STATUS_NONE where it has none, where it expired, and where the table is off.
 * Portable. Cost 20. */
FP_INLINE uint8_t fp_status(void) {
    uint8_t status = CF_EBPF_SRC_IP_STATUS_NONE;
    uint64_t expiry = 0;
    if (get_src_ip_status(&status, &expiry) != 0)
        return CF_EBPF_SRC_IP_STATUS_NONE;
    if (expiry != 0 && expiry <= (uint64_t)timestamp())
        return CF_EBPF_SRC_IP_STATUS_NONE;
    return status;
}

/* Whether the source is verified, or blocked, now. Portable. Cost 23. */
FP_INLINE int fp_is_verified(void) { return fp_status() == CF_EBPF_SRC_IP_STATUS_VERIFIED; }
FP_INLINE int fp_is_blocked(void) { return fp_status() == CF_EBPF_SRC_IP_STATUS_BLOCKLISTED; }

/* Sets the status for `seconds`; FP_FOREVER: without end; 0: changes nothing, as it would be over at once (the helper
 * itself takes 0 for "without end"). 1 where it was set. */
FP_INLINE int fp_set_status_(uint8_t status, uint64_t seconds) {
    if (seconds == 0)
        return 0;
    return set_src_ip_status(status, seconds == FP_FOREVER ? 0 : seconds) == 0;
}

/* Blocks the source for `seconds` (or FP_FOREVER), whatever it was before. 1 where it is blocked now. The program still
 * has to drop: fp_is_blocked() first thing. Portable. Cost 8. */
FP_INLINE int fp_block_for(uint64_t seconds) { return fp_set_status_(CF_EBPF_SRC_IP_STATUS_BLOCKLISTED, seconds); }

/* Marks the source as verified for `seconds` (or FP_FOREVER), unless it is blocked: a solved challenge does not lift a
 * block. 1 where it is verified now. Portable. Cost 27. */
FP_INLINE int fp_verify_for(uint64_t seconds) {
    return !fp_is_blocked() && fp_set_status_(CF_EBPF_SRC_IP_STATUS_VERIFIED, seconds);
}

/* Marks the source as challenged for `seconds`, where it has no other status. 1 where it is marked now. Portable.
 * Cost 28. */
FP_INLINE int fp_challenged_for(uint64_t seconds) {
    uint8_t now = fp_status();
    return (now == CF_EBPF_SRC_IP_STATUS_NONE || now == CF_EBPF_SRC_IP_STATUS_CHALLENGED) &&
           fp_set_status_(CF_EBPF_SRC_IP_STATUS_CHALLENGED, seconds);
}

/* Takes the source's status away. Portable. Cost 4. */
FP_INLINE void fp_forget(void) { set_src_ip_status(CF_EBPF_SRC_IP_STATUS_NONE, 1); }

/* --- Rates ------------------------------------------------------------------------------------------------------- */

/* A token bucket in one number (a new one is 0, a full bucket): `rate` tokens come in a second, up to `burst` (at least
 * 1, below 2^32); takes `cost` of them. 1, or 0 and takes nothing where there are too few. The clock has whole seconds:
 * `burst` should be at least `rate`. Portable. Cost 22. */
FP_INLINE int fp_bucket(uint64_t *state, uint64_t now, uint64_t rate, uint64_t burst, uint64_t cost) {
    uint64_t last = *state >> 32, tokens = *state & 0xffffffff;
    now &= 0xffffffff;
    uint64_t more = now > last ? (now - last) * rate : 0;
    tokens = tokens + more < burst ? tokens + more : burst;
    int enough = tokens >= cost;
    *state = now << 32 | (enough ? tokens - cost : tokens);
    return enough;
}

/* A sliding window in one number (a new one is 0): at most `limit` (below 2^20) in any `seconds` (a constant, 1 to
 * 1,000), as if what came in the span before had been spread evenly over it. 1, or 0 and counts nothing where that
 * would be too many. Portable. Cost 38. */
FP_INLINE int fp_window(uint64_t *state, uint64_t now, uint64_t seconds, uint64_t limit) {
    uint64_t span = seconds ? seconds : 1, number = now / span & 0xffffff, gone = now % span;
    uint64_t last = *state >> 40, before = *state >> 20 & 0xfffff, count = *state & 0xfffff;
    if (number == ((last + 1) & 0xffffff)) {
        before = count;
        count = 0;
    } else if (number != last) {
        before = 0;
        count = 0;
    }
    int fits = (before * (span - gone) + span - 1) / span + count < limit && count < 0xfffff;
    count += (uint64_t)fits;
    *state = number << 40 | before << 20 | count;
    return fits;
}

/* The same over the number that the node keeps for the source (`_source`) or for the flow (`_flow`): one use of each in
 * a program, as they take the whole number. Where the table is off they give 1. Portable. Cost 40 to 58. */
FP_INLINE int fp_bucket_source(uint64_t rate, uint64_t burst, uint64_t cost) {
    uint64_t state = 0;
    if (get_src_ip_data(&state) != 0)
        state = 0;
    int fits = fp_bucket(&state, (uint64_t)timestamp(), rate, burst, cost);
    return set_src_ip_data(state) != 0 || fits;
}
FP_INLINE int fp_bucket_flow(uint64_t rate, uint64_t burst, uint64_t cost) {
    uint64_t state = 0;
    if (get_flow_data(&state) != 0)
        state = 0;
    int fits = fp_bucket(&state, (uint64_t)timestamp(), rate, burst, cost);
    return set_flow_data(state) != 0 || fits;
}
FP_INLINE int fp_window_source(uint64_t seconds, uint64_t limit) {
    uint64_t state = 0;
    if (get_src_ip_data(&state) != 0)
        state = 0;
    int fits = fp_window(&state, (uint64_t)timestamp(), seconds, limit);
    return set_src_ip_data(state) != 0 || fits;
}
FP_INLINE int fp_window_flow(uint64_t seconds, uint64_t limit) {
    uint64_t state = 0;
    if (get_flow_data(&state) != 0)
        state = 0;
    int fits = fp_window(&state, (uint64_t)timestamp(), seconds, limit);
    return set_flow_data(state) != 0 || fits;
}

#endif
