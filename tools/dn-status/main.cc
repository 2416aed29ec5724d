// dn-status: shows the database; never writes, never needs the network unless asked. See --help.
#include "app/status_tool.h"

int main(int argc, char** argv) { return dn::app::status_tool(argc, argv, nullptr); }
