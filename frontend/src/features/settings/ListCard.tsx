import type { UseQueryResult } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { LoadError, Skeleton } from "@/ui/Feedback";

interface Props<T> {
  title: string;
  about: string;
  query: UseQueryResult<T[]>;
  /** The head of the table. */
  columns: readonly string[];
  row: (item: T) => ReactNode;
  empty: { title: string; text: string };
  /** The form that adds to the list; left out where the role does not allow it. */
  form?: ReactNode;
}

/** A list of settings in a card: form, table, and what to say while it is empty or cannot be read. */
export function ListCard<T>({ title, about, query, columns, row, empty, form }: Props<T>) {
  return (
    <section className="card" aria-label={title}>
      <div className="card-head">
        <div>
          <h2>{title}</h2>
          <p className="faint small">{about}</p>
        </div>
      </div>
      {form && <div className="card-form">{form}</div>}
      {query.isPending && <Skeleton lines={2} />}
      {query.isError && <LoadError error={query.error} retry={() => query.refetch()} />}
      {query.data?.length === 0 && (
        <p className="settings-empty">
          <strong>{empty.title}.</strong> {empty.text}
        </p>
      )}
      {query.data && query.data.length > 0 && (
        <div className="table-scroll">
          <table className="table">
            <thead>
              <tr>
                {columns.map((column) => (
                  <th key={column}>{column || <span className="visually-hidden">Actions</span>}</th>
                ))}
              </tr>
            </thead>
            <tbody>{query.data.map(row)}</tbody>
          </table>
        </div>
      )}
    </section>
  );
}
