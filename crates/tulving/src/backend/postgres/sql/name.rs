//! The statements by name: what each is for.

/// Declares the names, by the file of `golden/` that lists them.
macro_rules! names {
    ($($area:literal { $($name:ident: $purpose:literal $(, beyond a scope: $why:literal)?;)* })*) => {
        /// A statement, whatever kind or option it is for.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(super) enum Name { $($($name,)*)* }

        #[cfg(test)]
        impl Name {
            /// Every name, in the order of the files and in them.
            pub(super) const ALL: &[Self] = &[$($(Self::$name,)*)*];

            /// Returns the file that lists it.
            pub(super) fn area(self) -> &'static str {
                match self { $($(Self::$name => $area,)*)* }
            }

            /// Returns what it is for.
            pub(super) fn purpose(self) -> &'static str {
                match self { $($(Self::$name => $purpose,)*)* }
            }

            /// Returns why it may touch rows without naming their scope.
            pub(super) fn beyond_a_scope(self) -> Option<&'static str> {
                match self {
                    $($($(Self::$name => Some($why),)?)*)*
                    _ => None,
                }
            }
        }
    };
}

names! {
    "transaction" {
        BeginScoped: "Begins a transaction under the application role, bound to one scope.";
        BeginUnscoped: "Begins a transaction outside any scope, under the login role or as a member.";
        BeginInSnapshot: "Begins a transaction that reads what another one reads, bound to one scope.";
        ExportSnapshot: "Exports the snapshot of this transaction, for others to read.";
        Commit: "Makes everything done lasting and visible.";
        Rollback: "Undoes everything done.";
        DeferDurability: "Lets the commit return before it is on disk: the ledger can repeat what a crash undoes.";
        PrepareSession: "Sets what a session needs for what the server does in no transaction.";
        RestoreSession: "Puts that back.";
        LockScope: "Holds other runs on a scope off for as long as the session lasts.";
        LockImport: "Says that somebody is at an import for as long as the session lasts.";
        LockOwners: "Waits for others who make owners by this program.";
    }
    "scopes" {
        ReadStatistics: "Reads whose the scope is, its spaces, and the statistics of its keyword index; a writer locks them.";
        FindScope: "Reads whose the scope is.";
        KeepSpace: "Notes that vectors of a space are kept: it is the one that is searched if there is none yet.";
        CutOver: "Makes a space that is kept the current one.";
        ForgetSpace: "Notes that a further space is kept no more.";
        AdoptSpace: "Makes the space of the first vector the scope's, where it has none.";
        NoteTokenizer: "Notes by which rules the words of all memories were made.";
        CountInserted: "Counts new memories in, numbered from the next number on.";
        CountReplaced: "Counts the new words of a memory in, and its old number, if it had one, among the dead.";
        CountRemoved: "Counts removed memories out.";
        CountNumbered: "Counts memories in that were there and get their numbers now.";
        CountLoaded: "Counts memories in whose numbers were set aside before, and those that they replaced out.";
        CountAnew: "Sets the counts to what was found when the postings were made anew.";
        CountMerged: "Notes that blocks were merged, and which of the dead are forgotten.";
        ReserveNumbers: "Sets numbers aside for memories that will be written.";
        RestartNumbers: "Begins with the numbers anew where more than half of them are used up.";
        BeginCountsAnew: "Begins the counts of an erased scope anew.";
        BeginSpacesAnew: "Begins the further spaces and the words of an erased scope anew.";
    }
    "memories" {
        InsertMemory: "Writes a new memory; its number is its place as well.";
        UpdateMemory: "Puts a memory in the place of another; words that stayed keep their number.";
        LockMemory: "Reads a memory that is to be replaced, and keeps others from it.";
        RemoveMemory: "Removes a memory; gives id, number and words of the row that was there.";
        FindMemories: "Reads memories, each with its vector in the current space.";
        FindTexts: "Reads memories without their vectors.";
        FindTaken: "Finds which of these ids are taken.";
        FindAbsent: "Finds which of these containers are not there, where they have rows of their own.";
        FindEnds: "Finds the highest place in each of these containers.";
        Touch: "Counts a use of a memory; gives a row if it is there.";
        CountMemories: "Counts the memories of a kind.";
        ListIds: "Lists ids in their order, from after one.";
        Erase: "Removes all rows of the scope in a table.";
    }
    "live" {
        UpdateLive: "Changes fields that change in use; gives a row if the memory is there.";
    }
    "pages" {
        ListPage: "Lists one row more than the page holds.";
        CountPassing: "Counts the memories that pass a filter.";
        ListClusters: "Lists clusters, each with how many memories it has.";
    }
    "documents" {
        InsertDocument: "Writes a new document, at a place that is given or the next.";
        ExportDocuments: "Reads all documents with their places.";
        UpsertDocument: "Writes a document, new or in the place of the one with its id.";
        RemoveDocument: "Removes a document with its chunks; gives its id if it was there.";
        FindDocuments: "Reads documents by their ids.";
        ListDocuments: "Lists documents in the order of their ids, from after one.";
        FindPieces: "Lists the ids of the chunks of these documents.";
    }
    "vectors" {
        FillVectors: "Fills the half-precision vectors of new rows.";
        PutCurrentVector: "Writes a full vector of the current space into the memory's own row.";
        PutFurtherVector: "Writes a full vector of a further space into the memory's own row, which has not followed a cut-over yet.";
        PutVectorsBeside: "Writes full vectors of a further space beside the memories.";
        PutHalfVectors: "Writes the half-precision vectors that go with them.";
        PutHalfVector: "Writes the half-precision vector that goes with it.";
        PutVectorBeside: "Puts the vector of another space that is in a memory's own row beside.";
        TakeVectorFromBeside: "Removes the one beside that belongs in the row.";
        ClearVectors: "Removes vectors that a replaced memory has no more.";
        FindVectors: "Reads the full vectors of memories in one space.";
        ListLacking: "Lists memories without a vector in a space, from after one.";
        CountBehind: "Counts the memories that have to follow a cut-over.";
        ListBehind: "Lists the memories that have to follow a cut-over, from after one.";
        MoveVectorIn: "Puts a memory's vector of the current space into its own row.";
        DropVectors: "Removes all vectors of a space.";
        CountBySpace: "Counts the vectors of each space.";
        CountInSpace: "Counts the vectors of one space.";
        CountWithoutVector: "Counts the memories of all kinds that have no vector in the current space.";
        RebuildVectors: "Writes half-precision vectors that are not there or other than the full ones say.";
        FindSurplusVectors: "Lists half-precision vectors that are of no full vector.";
        RemoveHalfVector: "Removes a half-precision vector.";
    }
    "postings" {
        InsertPostings: "Writes postings, by bucket.";
        TakePostings: "Takes the blocks of some buckets away that are to be merged.";
        FindPostings: "Reads the postings of buckets.";
        ReadPostings: "Reads all postings of some buckets.";
        CountUnindexed: "Counts the memories that are not in the keyword index.";
        LockUnindexed: "Reads some memories that are not in the keyword index, and keeps others from them.";
        NumberMemory: "Gives a memory its number, and how many words it has.";
        CorrectLength: "Corrects how many words a memory has, while its number is the same.";
        RemoveImpossibleNumbers: "Takes numbers away that no posting can have.";
        ListNumbers: "Lists the numbers of all memories of a kind.";
        FindByNumber: "Reads memories by their numbers.";
        ReadNotes: "Reads what new postings cover that were made beside the others.";
        RemoveLeftover: "Removes what a rebuilding that was killed left.";
        PutPostingsInPlace: "Puts new postings in the place of the old ones.";
    }
    "search" {
        DecideIndexUse: "Decides whether a kind is searched through an index, and notes it for the statements that follow.";
        NearestExactly: "Finds the nearest among every vector of the current space.";
        SetIndexScan: "Sets how the index is gone through, and puts it back.";
        NearestThroughIndex: "Finds the nearest through the scope's own index.";
        FindAround: "Reads what is known of the documents that hold a term, and what stands beside them and the nearest.";
    }
    "bulk" {
        ListRows: "Lists all rows of a kind: places, ids, bytes and versions.";
        FindExisting: "Reads memories by their ids with a vector, and whether the half-precision one is as that says.";
        MakeStaging: "Makes the staging table, which belongs to the session.",
            beyond a scope: "it takes the form of a table and reads none of its rows";
        CopyToStaging: "Copies rows into the staging table.";
        InsertStaged: "Writes new memories from the staging table.";
        FillStaged: "Writes their half-precision vectors.";
    }
    "runs" {
        ListAllRuns: "Lists the migrations of all scopes, newest first.",
            beyond a scope: "the tables' owner sees the runs of all; to a member row-level security shows none";
        ListRuns: "Lists the migrations of a scope, newest first.";
        FindRun: "Finds a migration of any scope.",
            beyond a scope: "the tables' owner sees the runs of all; to a member row-level security shows none";
        FindUnfinishedRun: "Finds the migration of a scope that has not come to its end.";
        ListSpacesOfRuns: "Lists the spaces of which verified runs brought vectors.";
        NoteIndex: "Notes that the run which is at work removes the index of the scope's vectors, or that it is there again.";
        FindIndexRemoved: "Finds a run that removed the index, where nobody built it again.";
        EnterRun: "Enters a run.";
        EnterChunks: "Enters the work that a run consists of.";
        ListChunks: "Lists the work of a run, in source order.";
        FinishChunk: "Marks a chunk as done, in the transaction that wrote its rows.";
        NoteRun: "Notes where a run is.";
        FinishRun: "Ends a run with its report.";
        ListAllImports: "Lists the imports of all scopes, newest first.",
            beyond a scope: "the tables' owner sees the runs of all; to a member row-level security shows none";
        ListImports: "Lists the imports of a scope, newest first.";
        EnterImport: "Enters an import.";
        LeaveNewestImports: "Removes the oldest imports of a scope.";
        NoteImport: "Notes how far an import is.";
        RemoveImports: "Removes the imports of a scope.";
    }
    "inspection" {
        CountUp: "Counts memories and words, whether their numbers are below the next, and full vectors.";
        CountVectors: "Counts the full vectors beside, or the half-precision ones.";
        CountLackingVectors: "Counts the full vectors without a half-precision one that should have it.";
        ReadTexts: "Reads memories from after one, each with its number and how its half-precision vectors compare.";
        FindIdsOfNumbers: "Finds the ids of memories by their numbers.";
    }
    "forgotten" {
        ReadForgotten: "Reads the tombstones of a scope, each with the salt.";
        FindForgotten: "Finds the first of some memories and documents that has a tombstone.";
        SetForgotten: "Sets tombstones that are not there yet.";
        RemoveForgotten: "Takes tombstones away.";
        LiftForgotten: "Takes the tombstones of some memories away.";
        RemoveUnfinished: "Removes the record of an erasure that is under way.";
        KeepUnfinished: "Keeps the record of an erasure that is under way.";
        ReadUnfinished: "Reads the record of an erasure that was not finished.";
        ListScopedTables: "Lists every table with a scope, and what of its rows is text or bytes.";
        ReadRaw: "Reads all rows of the scope in a table, whatever they are for.";
        MayVacuum: "Asks of which tables the login role may remove dead rows.";
        Vacuum: "Removes dead rows, and samples of them from the planner's statistics.";
    }
    "spaces" {
        FindSpace: "Finds the number of a space.";
        MakeSpace: "Gives a space a number, if it has none.";
        ListSpaces: "Lists the spaces but for those that were seen.";
    }
    "indexes" {
        ListIndexes: "Lists a scope's indexes of vectors, and whether each is whole.";
        MayKnowOwners: "Asks whether the login role may know who the owners are.";
        ListOrphanedIndexes: "Lists the indexes whose scope is gone.";
        DropIndex: "Removes an index beside readers and writers.";
        CountIndexes: "Counts the indexes of single scopes on a kind's vectors.";
        FindIndexBuilder: "Asks which process serves the session, and how much memory it builds an index in.";
        BuildIndex: "Builds an index of a scope's vectors of one space.";
        RebuildIndex: "Builds one anew that is there.";
        ReadIndexProgress: "Asks how far a process is with building an index.";
    }
    "owners" {
        ListOwners: "Lists the ids of all owners, and whether each is a user.";
        ListUsers: "Lists all users, oldest first.";
        ListTenants: "Lists all tenants, oldest first.";
        MakeOwner: "Makes an owner; its values are written out, as they are printed too.";
        FindUsersCalled: "Finds users of an identity or an address.";
        FindTenantsCalled: "Finds tenants of an Azure id, or of a name where none is given.";
        FindOwnerWithId: "Finds who has an id, in words.";
        FindUser: "Finds the user with an id, or with an address.";
        FindTenant: "Finds the tenant with an id, or with a name.";
        RenameUser: "Gives a user another address. Who was known by the old one is known by the new one.";
        RenameTenant: "Calls a tenant something else.";
        MayDeleteOwner: "Asks whether the login role may remove owners.";
        DeleteOwner: "Removes an owner, with whom its scope goes.";
    }
    "database" {
        BeginLook: "Begins the look at a database.";
        Look: "Looks at a database: server, schema, extension, tables, roles and rights.";
        Poll: "Asks whether the server can notice in the middle of a statement that its client is gone.";
        SetQuoting: "Makes the server write conditions of policies as they are compared.";
        FindBypass: "Finds a role that is not held to policies, which the role in effect is or may become.";
        FindWall: "Lists every table with a scope, and whether row-level security holds there.";
        ListNeighbours: "Lists other databases with such tables that members of the application role may connect to.";
        ListVersions: "Lists the versions of the schema that a database has seen.";
    }
    "schema" {
        MakeSchema: "Makes a schema that was asked for by name.";
        ApplySchema: "Runs what the schema needs, in one transaction: files of `db/migrations`, and what is below.";
    }
}
