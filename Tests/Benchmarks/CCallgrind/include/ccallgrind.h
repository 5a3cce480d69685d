// Where counting begins and ends under `valgrind --tool=callgrind --instr-atstart=no`; nothing anywhere else.
#ifndef CCALLGRIND_H
#define CCALLGRIND_H

void callgrind_begin(void);
void callgrind_end(void);

#endif
