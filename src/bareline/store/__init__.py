"""Where is kept what has to outlive the process? On this machine's disk; sqlite3 is imported nowhere else."""
