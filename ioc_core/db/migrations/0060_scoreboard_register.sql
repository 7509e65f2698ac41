-- What the scoreboard of Decision 766 reads in the register of procedures; NULL: config/procedures.csv doesn't say.

ALTER TABLE procedures
    ADD COLUMN listed boolean NOT NULL DEFAULT true,    -- still in config/procedures.csv
    ADD COLUMN department text,                         -- the department whose field it is
    ADD COLUMN for_citizens boolean,
    ADD COLUMN online_payment boolean,                  -- its fee can be paid online
    ADD COLUMN complete boolean,                        -- everything that must be said of it is published
    ADD COLUMN decided_on date,                         -- of the announcing decision
    ADD COLUMN effective_on date,
    ADD COLUMN published_on date;
