/* Reads a field that the context does not have. */
#define CF_EBPF_HELPER_V0
#include "cf_ebpf_helper.h"

uint64_t cf_ebpf_main(void *state) {
    return ((uint64_t *)state)[3] & 1; // refused: verify.context
}
