// The library of all commands, as another version has it.

extern "C" const char* almanac_version() { return "0.0.0"; }
extern "C" int almanac_commands(int, char**) { return 0; }
