"""The Task Manager: what the demo's agent and ``bareline talk`` can do, and the code of examples/task_manager."""
