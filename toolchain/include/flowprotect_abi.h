/* FlowProtect's own helpers, beyond the portable interface: programs that call them run on FlowProtect only.
 * Written from the table of the engine by `cargo run -p flowprotect-vm --example additions`; not to be edited. */
#ifndef FLOWPROTECT_ABI_H
#define FLOWPROTECT_ABI_H

#include "cf_ebpf_defs.h"

/* Nanoseconds of a clock that never goes back, with an arbitrary start; in a replay the capture's time.
 *   any: nanoseconds
 */
static uint64_t (*const fp_raw_nanos)(void) = (void *)64;
static inline __attribute__((always_inline)) uint64_t fp_nanos(void) {
    return fp_raw_nanos();
}

/* SipHash-2-4 of the bytes, under a key that only the engine knows: for tables and sampling, not for secrets of 64 bits or more.
 *   8: the hash is in *dest
 *   -1: bad src
 *   -2: dest is null
 */
static int64_t (*const fp_raw_siphash)(const void *src, uint64_t src_len, void *dest, uint64_t dest_len) = (void *)65;
static inline __attribute__((always_inline)) int64_t fp_siphash(const void *src, uint64_t src_len, uint64_t *dest) {
    return fp_raw_siphash(src, src_len, dest, sizeof(*dest));
}

/* A cookie for this packet's source address and port: the first 8 bytes of HMAC-SHA256 over both as on the wire, in memory order.
 *   any: the cookie, under the current key
 */
static uint64_t (*const fp_raw_make_cookie)(void) = (void *)66;
static inline __attribute__((always_inline)) uint64_t fp_make_cookie(void) {
    return fp_raw_make_cookie();
}

/* Whether the cookie is one of fp_make_cookie for this packet's source, under the current key or the one before.
 *   1: it is
 *   0: it is not
 */
static int64_t (*const fp_raw_check_cookie)(uint64_t cookie) = (void *)67;
static inline __attribute__((always_inline)) int64_t fp_check_cookie(uint64_t cookie) {
    return fp_raw_check_cookie(cookie);
}

/* Takes cost tokens from bucket number bucket of this packet's source address; it starts with burst tokens and gains rate a second.
 *   1: there were enough; they are taken
 *   0: there were not; none are taken
 *   -4: rate or burst is 0, or a number but the first is above 4294967295
 *   -5: the table is off
 */
static int64_t (*const fp_raw_allow_source)(uint64_t bucket, uint64_t rate, uint64_t burst, uint64_t cost) = (void *)68;
static inline __attribute__((always_inline)) int64_t fp_allow_source(uint64_t bucket, uint64_t rate, uint64_t burst, uint64_t cost) {
    return fp_raw_allow_source(bucket, rate, burst, cost);
}

/* The same for all sources of the /24 (IPv6: /48) together.
 *   1: there were enough; they are taken
 *   0: there were not; none are taken
 *   -4: rate or burst is 0, or a number but the first is above 4294967295
 *   -5: the table is off
 */
static int64_t (*const fp_raw_allow_prefix)(uint64_t bucket, uint64_t rate, uint64_t burst, uint64_t cost) = (void *)69;
static inline __attribute__((always_inline)) int64_t fp_allow_prefix(uint64_t bucket, uint64_t rate, uint64_t burst, uint64_t cost) {
    return fp_raw_allow_prefix(bucket, rate, burst, cost);
}

/* The same for a key of the program's choice, such as a session.
 *   1: there were enough; they are taken
 *   0: there were not; none are taken
 *   -4: rate or burst is 0, or a number but the first is above 4294967295
 *   -5: the table is off
 */
static int64_t (*const fp_raw_allow_key)(uint64_t key, uint64_t rate, uint64_t burst, uint64_t cost) = (void *)70;
static inline __attribute__((always_inline)) int64_t fp_allow_key(uint64_t key, uint64_t rate, uint64_t burst, uint64_t cost) {
    return fp_raw_allow_key(key, rate, burst, cost);
}

/* Reads the second number of this packet's source address.
 *   0: the number is in *data
 *   -1: none was set
 *   -4: data is null
 *   -5: the table is off
 */
static int64_t (*const fp_raw_get_source_word)(void *data, uint64_t data_len) = (void *)71;
static inline __attribute__((always_inline)) int64_t fp_get_source_word(uint64_t *data) {
    return fp_raw_get_source_word(data, sizeof(*data));
}

/* Sets the second number of this packet's source address.
 *   0: done
 *   -5: the table is off
 */
static int64_t (*const fp_raw_set_source_word)(uint64_t data) = (void *)72;
static inline __attribute__((always_inline)) int64_t fp_set_source_word(uint64_t data) {
    return fp_raw_set_source_word(data);
}

/* Reads the second number of this packet's flow.
 *   0: the number is in *data
 *   -1: none was set
 *   -4: data is null
 *   -5: the table is off
 */
static int64_t (*const fp_raw_get_flow_word)(void *data, uint64_t data_len) = (void *)73;
static inline __attribute__((always_inline)) int64_t fp_get_flow_word(uint64_t *data) {
    return fp_raw_get_flow_word(data, sizeof(*data));
}

/* Sets the second number of this packet's flow.
 *   0: done
 *   -5: the table is off
 */
static int64_t (*const fp_raw_set_flow_word)(uint64_t data) = (void *)74;
static inline __attribute__((always_inline)) int64_t fp_set_flow_word(uint64_t data) {
    return fp_raw_set_flow_word(data);
}

/* If this run passes its packet, later ones of the flow pass for that long without the program being asked. A source can be forged: only for flows that proved theirs.
 *   0: done
 *   -4: seconds is not 1 to 3600
 *   -5: the table is off
 */
static int64_t (*const fp_raw_pass_flow)(uint64_t seconds) = (void *)75;
static inline __attribute__((always_inline)) int64_t fp_pass_flow(uint64_t seconds) {
    return fp_raw_pass_flow(seconds);
}

/* Looks this packet's source address up in the account's list of that name; the longest prefix counts.
 *   1 + value: it is in the list; value is that of the prefix, 0 where none was given
 *   0: it is not in the list
 *   -1: bad name or address
 *   -4: a name longer than 64 bytes, or an address not of 4 or 16
 *   -5: there is no list of that name
 */
static int64_t (*const fp_raw_list_source)(const char *name, uint64_t name_len) = (void *)76;
#define fp_list_source(name) fp_raw_list_source("" name, sizeof("" name) - 1)

/* The same for an address of 4 or 16 bytes as on the wire.
 *   1 + value: it is in the list; value is that of the prefix, 0 where none was given
 *   0: it is not in the list
 *   -1: bad name or address
 *   -4: a name longer than 64 bytes, or an address not of 4 or 16
 *   -5: there is no list of that name
 */
static int64_t (*const fp_raw_list_address)(const char *name, uint64_t name_len, const void *address, uint64_t address_len) = (void *)77;
#define fp_list_address(name, address, address_len) fp_raw_list_address("" name, sizeof("" name) - 1, (address), (address_len))

#endif
