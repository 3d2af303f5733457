import {
  Controller,
  Get,
  Module,
  Param,
  Post,
  Res,
  UploadedFile,
  UploadedFiles,
  UseInterceptors,
} from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter, FileInterceptor, FilesInterceptor } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import {
  BlobContainer,
  BlobController,
  BlobModule,
  BlobResponse,
  BlobResponseInterceptor,
  BlobStore,
  blobStorage,
  memoryBlobs,
  sendBlob,
  type HttpResponse,
  type UploadedBlob,
} from '@rookery/blob';
import { chaosBlobs } from '@rookery/blob/testing';

@BlobContainer('pictures', { maxBytes: 3_000_000, contentTypes: ['image/png', 'text/html', 'text/plain'] })
export class Pictures extends BlobStore {}

/** The store behind the app. */
export const chaos = chaosBlobs(memoryBlobs());

@Controller()
class PicturesController {
  constructor(private readonly pictures: Pictures) {}

  @Post('one')
  @UseInterceptors(
    FileInterceptor('file', { storage: blobStorage(Pictures, { name: (_, file) => `up/${file.originalname}` }) }),
  )
  one(@UploadedFile() file: UploadedBlob) {
    return { name: file.blob.name, size: file.size, sha256: file.blob.sha256, original: file.originalname };
  }

  @Post('many')
  @UseInterceptors(FilesInterceptor('files', 5, { storage: blobStorage(Pictures) }))
  many(@UploadedFiles() files: UploadedBlob[]) {
    return files.map(({ blob }) => blob.name);
  }

  @Get('send/:name')
  async send(@Param('name') name: string, @Res() res: HttpResponse) {
    await sendBlob(res, this.pictures, name, { disposition: 'inline' });
  }

  @UseInterceptors(BlobResponseInterceptor)
  @Get('return/:name')
  returned(@Param('name') name: string) {
    return new BlobResponse(this.pictures, name, { disposition: 'inline' });
  }
}

@Module({
  imports: [
    BlobModule.forRoot({ driver: chaos.driver, urls: { secret: 'a secret that has more than 32 characters' } }),
    BlobModule.forFeature([Pictures]),
  ],
  controllers: [PicturesController, BlobController],
})
class TestApp {}

/** What Nest can listen by. */
export const platforms = {
  express: () => new ExpressAdapter(),
  fastify: () => {
    const adapter = new FastifyAdapter({ routerOptions: { maxParamLength: 4_096 } });
    // Left to whoever handles the route.
    adapter.getInstance().addContentTypeParser('image/png', (_request, _payload, done) => done(null));
    return adapter;
  },
};

/** The app, listening. */
export async function startPictures(platform: keyof typeof platforms) {
  const app = await NestFactory.create(TestApp, platforms[platform](), { logger: false, abortOnError: false });
  await app.listen(0, '127.0.0.1');
  return { app, url: await app.getUrl(), pictures: app.get(Pictures) };
}
