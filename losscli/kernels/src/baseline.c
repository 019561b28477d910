/* The machine for any processor of this architecture. */

#define ISA baseline
#define LANES 2
#include "machine.h"
