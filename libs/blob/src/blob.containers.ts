import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { InvalidInputError, withDeadline } from '@rookery/core';
import { checkContainerName, tenantContainer } from './blob-name.js';
import type { BlobDriver, BlobDriverHost, BlobDriverSource } from './blob.driver.js';
import { BlobStoreUnavailableError, NoBlobDriverError } from './blob.errors.js';
import {
  checkedContainerOptions,
  checkedModuleOptions,
  type BlobContainerOptions,
  type BlobModuleOptions,
} from './blob.options.js';
import type { ContainerDefinition } from './decorators/blob-container.decorator.js';

/** A container that is ready for use. */
export interface OpenContainer {
  name: string;
  options: BlobContainerOptions;
  driver: BlobDriver;
  /** Milliseconds for one step of the store. */
  deadlineMs: number;
  /** The driver's container for the current call: that of its tenant, where there are tenants. */
  scope(): string;
}

/** The app's containers and their drivers. Each driver is made once, whatever the number of its containers. */
@Injectable()
export class BlobContainers implements OnApplicationShutdown {
  readonly options: ReturnType<typeof checkedModuleOptions>;
  private readonly definitions = new Map<string, ContainerDefinition>();
  private readonly open = new Map<string, Promise<OpenContainer>>();
  private readonly drivers = new Map<BlobDriverSource, Promise<BlobDriver>>();
  private fallback: Promise<BlobDriverSource | undefined> | undefined;

  constructor(
    options: BlobModuleOptions,
    private readonly host: BlobDriverHost,
  ) {
    this.options = checkedModuleOptions(options);
  }

  /**
   * Opens a container; the second caller gets the same.
   *
   * @throws InvalidInputError when two classes claim one name
   */
  async get(definition: ContainerDefinition): Promise<OpenContainer> {
    const name = checkContainerName(definition.name);
    const first = this.definitions.get(name) ?? definition;
    this.definitions.set(name, first);
    if (first !== definition)
      throw new InvalidInputError(
        `The container "${name}"`,
        'declared by two classes',
        'declared once, by @BlobContainer',
      );
    const known = this.open.get(name) ?? this.openContainer(name, definition.options);
    this.open.set(name, known);
    return known;
  }

  /** A container that is open already; undefined when the app has none of that name. */
  async find(name: string): Promise<OpenContainer | undefined> {
    return this.open.get(name);
  }

  /** All containers that are open: those of the app's classes, from the boot on. */
  opened(): Promise<OpenContainer[]> {
    return Promise.all(this.open.values());
  }

  /** The drivers in use, those within others included, for the sweep and the doctor. */
  async inUse(): Promise<BlobDriver[]> {
    return (await Promise.all(this.drivers.values())).flatMap(function parts(driver): BlobDriver[] {
      return driver.parts?.flatMap(parts) ?? [driver];
    });
  }

  /** After HTTP has closed: downloads under way still need their store. */
  async onApplicationShutdown(): Promise<void> {
    const drivers = await Promise.allSettled(this.drivers.values());
    this.drivers.clear();
    this.open.clear();
    for (const driver of drivers) if (driver.status === 'fulfilled') await driver.value.close();
  }

  private async openContainer(name: string, ofClass: BlobContainerOptions): Promise<OpenContainer> {
    const { defaults, containers, tenant } = this.options;
    const options = checkedContainerOptions(name, { ...defaults, ...ofClass, ...containers?.[name] });
    const source = options.driver ?? this.options.driver ?? (await (this.fallback ??= this.databaseAtHand()));
    if (!source) throw new NoBlobDriverError(name);
    const driver = await this.driver(source);
    const scope = () => (options.perTenant === false ? name : tenantContainer(name, tenant?.()));
    return { name, options, driver, scope, deadlineMs: this.options.deadlineMs };
  }

  private driver(source: BlobDriverSource): Promise<BlobDriver> {
    const known = this.drivers.get(source) ?? this.openDriver(source);
    this.drivers.set(source, known);
    return known;
  }

  private async openDriver(source: BlobDriverSource): Promise<BlobDriver> {
    const driver = await source.create(this.host);
    const { deadlineMs } = this.options;
    try {
      await withDeadline('Opening it', driver.open(), { deadlineMs });
      return driver;
    } catch (error) {
      throw new BlobStoreUnavailableError(driver, error);
    }
  }

  private async databaseAtHand(): Promise<BlobDriverSource | undefined> {
    if (!(await this.host.dataSource())) return undefined;
    return (await import('./drivers/database/index.js')).databaseBlobs();
  }
}
