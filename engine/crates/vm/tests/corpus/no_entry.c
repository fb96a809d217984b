/* Has no cf_ebpf_main. */
#define CF_EBPF_HELPER_V0
#include "cf_ebpf_helper.h"
// refused: load.entry
uint64_t filter(void *state) {
    return CF_EBPF_PASS;
}
