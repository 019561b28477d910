/* The machine for any processor of this architecture. */

#define ISA baseline
#define LANES 2
#include "machine.h"

#define RUN int run_number
#define LOOP for (int i = 0; i < (n & 1); i++)
#include "numbers.h"
