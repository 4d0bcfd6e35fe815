-- What the vendor's list of agents' states showed of an agent when the agent was last read one by one: it says whom to
-- read again, and is no part of the event log. Without an entry the list did not show the agent.
-- meta.states_list_at and meta.states_list_agents: when the last list was asked for, and how many it showed.
CREATE TABLE listed_states (
  agent_no INTEGER NOT NULL PRIMARY KEY REFERENCES agents (agent_no),
  type TEXT,
  name TEXT,
  at INTEGER,
  read_at INTEGER NOT NULL,
  CHECK ((type IS NULL) = (at IS NULL) AND (name IS NULL) = (at IS NULL))
) STRICT;
