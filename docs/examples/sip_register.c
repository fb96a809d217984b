/* SIP: what is not SIP is dropped (1), so are requests without Via or Call-ID (2), and each source may send five
 * REGISTER in ten seconds (3 where it sends more): enough for phones, too few to guess passwords. */
#include "flowprotect.h"

uint64_t cf_ebpf_main(void *state) {
    struct fp_packet p;
    if (!fp_open(state, &p))
        return CF_EBPF_DROP;
    /* Keep-alives: empty, zeros or line ends. */
    if (p.length <= 8)
        return CF_EBPF_PASS;
    if (fp_starts_with(&p, "SIP/2.0 "))
        return CF_EBPF_PASS;
    uint64_t line = fp_find(&p, 0, '\n');
    uint64_t version = fp_find_literal(&p, 0, " SIP/2.0");
    if (line == FP_NONE || version > line) {
        set_network_analytics_tag(1);
        return CF_EBPF_DROP;
    }
    /* All headers in one pass over the bytes: a line starts after each line feed. v and i are the short forms. */
    uint64_t start = 0, via = 0, call = 0;
    FP_BYTES (&p, line, at, byte) {
        if (start) {
            via |= fp_literal_at_any_case(&p, at, "Via:") | fp_literal_at_any_case(&p, at, "v:");
            call |= fp_literal_at_any_case(&p, at, "Call-ID:") | fp_literal_at_any_case(&p, at, "i:");
        }
        start = byte == '\n';
    }
    if (!via || !call) {
        set_network_analytics_tag(2);
        return CF_EBPF_DROP;
    }
    if (fp_starts_with(&p, "REGISTER ") && !fp_window_source(10, 5)) {
        set_network_analytics_tag(3);
        return CF_EBPF_DROP;
    }
    return CF_EBPF_PASS;
}
